export { EndpointPage } from "./endpoint.tsx";
export { NewEndpointPage } from "./endpoint-new.tsx";
export { EndpointsPage } from "./endpoints.tsx";
export { HandlersPage } from "./handlers.tsx";
