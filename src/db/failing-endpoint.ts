/**
 * SQL: an endpoint fails, or was disabled for it. An endpoint that a person has paused or disabled is left out. Repeats the
 * condition of the index `outbox_endpoints_failing`, which is used only where it is repeated.
 */
export function isFailing(alias = ""): string {
  const of = alias && `${alias}.`;
  const fails = `${of}state = 'enabled' AND (${of}failing_since IS NOT NULL OR ${of}held_until IS NOT NULL)`;
  return `${fails} OR ${of}state = 'disabled' AND ${of}state_reason IN ('gone', 'failing')`;
}
