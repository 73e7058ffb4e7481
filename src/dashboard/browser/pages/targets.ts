export { EndpointsPage } from "./endpoints.tsx";
export { HandlersPage } from "./handlers.tsx";
