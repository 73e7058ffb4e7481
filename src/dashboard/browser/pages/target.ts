export { EndpointPage } from "./endpoint.tsx";
