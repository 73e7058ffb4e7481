export { BlockedPage } from "./blocked.tsx";
export { DeadLettersPage } from "./dead-letters.tsx";
export { DeadLettersOfAllPage } from "./dead-letters-of-all.tsx";
export { FailuresPage } from "./failures.tsx";
