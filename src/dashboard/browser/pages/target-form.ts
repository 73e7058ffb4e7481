export { NewEndpointPage } from "./endpoint-new.tsx";
