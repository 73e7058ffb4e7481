export { DeliveriesPage } from "./deliveries.tsx";
export { EmailsPage } from "./emails.tsx";
export { MessagesPage } from "./messages.tsx";
