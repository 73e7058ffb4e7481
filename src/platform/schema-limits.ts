const KIB = 1024;
const SECOND = 1000;

/** Limits of event types' schemas, and of checks by them: a part of `limits`. */
export const schemaLimits = {
  /**
   * A JSON Schema: its bytes in UTF-8, its depth, its subschemas, and the characters of all paths to them, because the
   * library names each subschema by its path.
   */
  schemaBytes: 64 * KIB,
  schemaDepth: 64,
  subschemas: 2000,
  schemaWays: 400_000,
  /** Its regular expressions, and their instructions together; of each its characters, instructions and memory. */
  patternsPerSchema: 50,
  patternsSize: 6000,
  patternLength: 2048,
  patternSize: 3000,
  patternBytes: 64 * KIB,
  /** Instruction visits that compiling a pattern may take, before the rest is left to each match. */
  patternLooks: 6500,
  /** Characters of the longest text that can have a checked format. */
  formattedLength: 2048,
  /**
   * Budget of checking a commit's payloads: steps, steps more per character, the most steps, and the time. A step is a
   * schema, a keyword, a part of a value, or some characters matched or compared.
   */
  schemaSteps: 200_000,
  schemaStepsPerCharacter: 8,
  schemaStepsMax: 600_000,
  schemaCheckMs: 10 * SECOND,
  /** Steps after which other requests get their turn. */
  stepsPerTurn: 25_000,
  /**
   * Weights of compiling a schema, some 20 microseconds each: a subschema weighs 1; the weight of a pattern;
   * instructions, and characters of its text, that weigh 1; and the largest weight of the schemas of a commit.
   */
  weightPerPattern: 50,
  instructionsPerWeight: 4,
  charactersPerWeight: 32,
  schemaWeightPerCommit: 8100,
  /** Steps of a check that take as long as a weight of 1. */
  stepsPerWeight: 80,
  charactersPerStep: 16,
  /** Bytes of schemas at which a page of event types ends. */
  schemaBytesPerPage: 256 * KIB,
  /** Misfits reported for one input; characters of each one's path and message. */
  misfits: 20,
  pathLength: 256,
  wantLength: 256,
  /**
   * Memory of an isolate for compiled schemas; the factor by which one is larger than its text; the weight of an event
   * type without a schema.
   */
  schemasKeptBytes: 32 * 1024 * KIB,
  readySchemaFactor: 16,
  bareTypeBytes: 256,
  /** Names without a schema that are remembered for a tenant, roughly. */
  bareTypesKept: 1000,
} as const;
