export { DeliveriesPage } from "./deliveries.tsx";
export { EmailsPage } from "./emails.tsx";
export { MessagePage } from "./message.tsx";
export { MessagesPage } from "./messages.tsx";
