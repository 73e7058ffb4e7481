const KIB = 1024;
const SECOND = 1000;

/** What schemas of event types, and checks by them, are bounded by: a part of `limits`. */
export const schemaLimits = {
  /**
   * A JSON Schema, in UTF-8, how deep it is nested, the schemas in it, and the ways to them together, in characters: the
   * library names each schema by its whole way.
   */
  schemaBytes: 64 * KIB,
  schemaDepth: 64,
  subschemas: 2000,
  schemaWays: 400_000,
  /** The regular expressions in it, their instructions; of each the characters, the instructions, and the memory it may take. */
  patternsPerSchema: 50,
  patternsSize: 6000,
  patternLength: 2048,
  patternSize: 3000,
  patternBytes: 64 * KIB,
  /** Looks at an instruction that making one ready may take, before what is left is done with each text. */
  patternLooks: 6500,
  /** Longer texts have none of the formats that are checked. */
  formattedLength: 2048,
  /**
   * What checking the payloads of a commit may take: so many steps, so many more for each of their characters, up to the most,
   * and so long. A step is a schema, a keyword, a part of a value, or so many characters that are matched or compared.
   */
  schemaSteps: 200_000,
  schemaStepsPerCharacter: 8,
  schemaStepsMax: 600_000,
  schemaCheckMs: 10 * SECOND,
  /** Other requests get their turn after so many steps. */
  stepsPerTurn: 25_000,
  /**
   * What making a schema ready costs, some 20 microseconds each: a schema in it weighs 1, a pattern so much, and so many of their
   * instructions, and of the characters of its text, weigh 1. The schemas that one commit needs weigh this together, at most.
   */
  weightPerPattern: 50,
  instructionsPerWeight: 4,
  charactersPerWeight: 32,
  schemaWeightPerCommit: 8100,
  /** Steps of a check that take as long as what weighs 1. */
  stepsPerWeight: 80,
  charactersPerStep: 16,
  /** A page of event types ends where its schemas together have so many bytes. */
  schemaBytesPerPage: 256 * KIB,
  /** Of input that does not fit, the places that are told; of each, its path and what is wanted there, in characters. */
  misfits: 20,
  pathLength: 256,
  wantLength: 256,
  /** What schemas that are ready may take of an isolate; how much larger than its text one is; what an event type without weighs. */
  schemasKeptBytes: 32 * 1024 * KIB,
  readySchemaFactor: 16,
  bareTypeBytes: 256,
  /** Names without a schema that are known of a tenant, more or less. */
  bareTypesKept: 1000,
} as const;
