/** The testing entry for workerd: a test runs in the isolate of the app. Deployed Workers do not import it. */

export * from "./in-both.ts";
export { type Delivered, type OutboxUnderTest, type TestOutbox, testOutbox } from "./test-outbox.ts";
