export { Secret } from "./endpoint/secret.tsx";
export { SendTest } from "./endpoint/send-test.tsx";
export { Settings } from "./endpoint/settings.tsx";
