import { KeyRing } from "../../../src/platform/key-ring.ts";

/** A ring of keys of these names, the current one first. Equal names give equal keys. */
export function keyRingOf(...names: string[]): KeyRing {
  return KeyRing.parse(names.map((name) => `${name}:${btoa(name.padEnd(32, "."))}`).join(","));
}
