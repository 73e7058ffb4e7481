import committed from "../../../docs/reference/openapi.json" with { type: "json" };

/** A schema of the document, as far as tests look into it. */
export interface DocumentSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  properties?: Record<string, DocumentSchema>;
  items?: DocumentSchema;
  required?: string[];
  oneOf?: DocumentSchema[];
  anyOf?: DocumentSchema[];
}

interface OperationWithBody {
  method: string;
  path: string;
  operationId: string;
  example: Record<string, unknown>;
  schemas: DocumentSchema[];
}

const components = committed.components.schemas as unknown as Record<string, DocumentSchema>;

/** The schema behind a reference, and each branch of one that has several. */
export function branchesOf(schema: DocumentSchema): DocumentSchema[] {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined) return branchesOf(components[name] ?? {});
  return schema.oneOf ? schema.oneOf.flatMap(branchesOf) : [schema];
}

interface Operation {
  operationId: string;
  security: object[];
  requestBody?: { content: { "application/json": { schema: DocumentSchema; example?: unknown } } };
}

/** Every operation that takes a body and a token, as the document describes it: others have the form of whoever calls them. */
export const operationsWithBody: OperationWithBody[] = Object.entries(committed.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods as unknown as Record<string, Operation>).flatMap(([method, operation]) => {
      const content = operation.requestBody?.content["application/json"];
      if (!content || operation.security.length === 0) return [];
      const example = (content.example ?? {}) as Record<string, unknown>;
      const { operationId } = operation;
      return [
        { method: method.toUpperCase(), path, operationId, example, schemas: branchesOf(content.schema) },
      ];
    }),
);
