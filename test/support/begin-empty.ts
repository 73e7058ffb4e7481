import { beginEmpty } from "./empty-database.ts";

await beginEmpty();
