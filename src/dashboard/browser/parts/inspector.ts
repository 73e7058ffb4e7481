import { pagesOf } from "./loaded.tsx";

/** Pages of the inspector, which only development has. */
export const inspector = pagesOf(() => import("../pages/inspector.ts"));
