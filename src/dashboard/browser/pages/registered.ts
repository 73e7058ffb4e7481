export { EventTypePage } from "./event-type.tsx";
export { EditEventTypePage, NewEventTypePage } from "./event-type-form.tsx";
export { EventTypesPage } from "./event-types.tsx";
export { TokensPage } from "./tokens.tsx";
