import { w } from "../words/words.ts";
import { count } from "./format.ts";
import { Icon, type IconName } from "./icons.tsx";

type Tone = "good" | "bad" | "warn" | "plain" | "busy";

/** A state: an icon, a word and a colour, of which the colour alone says nothing. */
export function Mark({
  tone,
  icon,
  children,
}: {
  tone: Tone;
  icon: IconName;
  children: preact.ComponentChildren;
}) {
  return (
    <span class={`mark ${tone}`}>
      <Icon name={icon} />
      {children}
    </span>
  );
}

const STATES: Record<string, [Tone, IconName]> = {
  pending: ["plain", "clock"],
  leased: ["busy", "truck"],
  delivered: ["good", "check"],
  dead: ["bad", "dead"],
  cancelled: ["plain", "stop"],
};

/** State of a delivery, or of several. */
export function DeliveryState({ state, of = 1 }: { state: string; of?: number }) {
  const [tone, icon] = STATES[state] ?? ["plain", "clock"];
  return (
    <Mark tone={tone} icon={icon}>
      {w.states[state as keyof typeof w.states] ?? state}
      {of > 1 && ` × ${count(of)}`}
    </Mark>
  );
}

const OUTCOMES: Record<string, [Tone, IconName]> = {
  delivered: ["good", "check"],
  retry: ["warn", "replay"],
  dead: ["bad", "dead"],
};

/** Outcome of an attempt. */
export function Outcome({ outcome }: { outcome: string }) {
  const [tone, icon] = OUTCOMES[outcome] ?? ["plain", "clock"];
  return (
    <Mark tone={tone} icon={icon}>
      {w.outcomes[outcome as keyof typeof w.outcomes] ?? outcome}
    </Mark>
  );
}

const ENDPOINT_STATES: Record<string, [Tone, IconName]> = {
  enabled: ["good", "check"],
  paused: ["warn", "pause"],
  disabled: ["bad", "stop"],
};

/** State of an endpoint. */
export function EndpointState({ state }: { state: string }) {
  const [tone, icon] = ENDPOINT_STATES[state] ?? ["plain", "clock"];
  return (
    <Mark tone={tone} icon={icon}>
      {w.endpointStates[state as keyof typeof w.endpointStates] ?? state}
    </Mark>
  );
}
