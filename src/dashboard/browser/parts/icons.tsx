/** Paths of line icons of 16 by 16, in the colour of the text around them. They say nothing by themselves: a word stands beside each. */
export const ICONS = {
  brand: "M2.5 9.5v4h11v-4M8 10.5V2.5M4.5 6 8 2.5 11.5 6",
  overview: "M2 9.5h3v4H2zM6.5 5.5h3v8h-3zM11 2.5h3v11h-3z",
  tenants: "M2.5 13.5v-9l5-2v11M7.5 6.5h6v7h-11M4.7 6.5v.01M4.7 9v.01M10.5 9v.01M10.5 11.2v.01",
  messages: "M2 3.5h12v9H2zM2 4l6 5 6-5",
  deliveries: "M2 8h9M8 4.5 11.5 8 8 11.5M14 3v10",
  failures: "M8 2 1.8 13.5h12.4zM8 6.5v3.2M8 11.6v.01",
  dead: "M8 2a4.5 4.5 0 0 0-3 7.9V12h6V9.9A4.5 4.5 0 0 0 8 2zM6.3 6.7v.01M9.7 6.7v.01M6.5 14h3",
  blocked: "M4 7V5a4 4 0 0 1 8 0v2M3 7h10v6.5H3zM8 9.5v1.8",
  endpoints: "M6.5 9.5 9.5 6.5M5 8 3.3 9.7a2.1 2.1 0 0 0 3 3L8 11M8 5l1.7-1.7a2.1 2.1 0 0 1 3 3L11 8",
  types: "M2.5 2.5h5l6 6-5 5-6-6zM5.2 5.2v.01",
  tokens: "M9.2 6.8 14 2M12 4l1.6 1.6M6.2 6.4a3.4 3.4 0 1 0 3.4 3.4",
  emails: "M8 8.2a2 2 0 1 0 0-.4M10 6v2.6a1.8 1.8 0 0 0 3.6 0V8A5.7 5.7 0 1 0 11 12.8",
  handlers: "M6 3 2.5 8 6 13M10 3l3.5 5-3.5 5",
  system: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5v.01M5 11v.01",
  acts: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4v.01M2.5 8v.01M2.5 12v.01",
  receiver: "M8 2v7M5 6l3 3 3-3M2.5 10v3.5h11V10",
  portal: "M6 3H2.5v10.5H13V10M9 2.5h4.5V7M13.2 2.8 7.5 8.5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.5V8l2.5 1.5",
  pause: "M5 3v10M11 3v10",
  play: "M4.5 3 12.5 8l-8 5z",
  more: "M3 8v.01M8 8v.01M13 8v.01",
  person: "M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 13.8a5.2 5.2 0 0 1 10.4 0",
  down: "M4 6l4 4 4-4",
  next: "M6 3l5 5-5 5",
  back: "M10 3 5 8l5 5",
  replay: "M3 8a5 5 0 1 0 1.6-3.7M3 2.5v3h3",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7",
  plus: "M8 3v10M3 8h10",
  stop: "M4 4h8v8H4z",
  truck: "M1.5 4h8v7h-8zM9.5 6.5h3l2 2.5v2h-5M4 12.5v.01M11.8 12.5v.01",
} as const;

export type IconName = keyof typeof ICONS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={ICONS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
