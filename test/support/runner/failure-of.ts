import { expect } from "vitest";
import { OutboxError } from "../../../src/platform/errors.ts";

/** Error with which work is refused; it fails the test that it succeeds, or ends with another error. */
export async function failureOf(work: Promise<unknown>): Promise<OutboxError> {
  const error = await work.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(OutboxError);
  return error as OutboxError;
}
