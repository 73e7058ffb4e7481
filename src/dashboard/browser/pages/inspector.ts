export { FirstSteps, FirstStepsPage } from "./first-steps.tsx";
export { MailboxPage } from "./mailbox.tsx";
export { ReceiverPage } from "./receiver.tsx";
