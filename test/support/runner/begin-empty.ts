import { beginEmpty } from "../database/empty-database.ts";

await beginEmpty();
