import { emptyDatabase } from "./empty-database.ts";

// Files that share a runtime share its database.
await emptyDatabase();
