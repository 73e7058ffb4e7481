export { SendPage } from "./send-message.tsx";
