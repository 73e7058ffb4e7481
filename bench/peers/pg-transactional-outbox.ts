import { randomUUID } from "node:crypto";
import pg from "pg";
import {
  createReplicationSegmentMutexConcurrencyController,
  createReplicationSemaphoreConcurrencyController,
  DatabaseSetup,
  getDisabledLogger,
  initializeMessageStorage,
  initializeReplicationMessageListener,
} from "pg-transactional-outbox";
import { batchesOf, type Message } from "../beside/load.ts";
import type { Database, Job, Peer } from "./peer.ts";

const SETUP = {
  outboxOrInbox: "outbox",
  schema: "public",
  table: "outbox",
  publication: "bench_publication",
  replicationSlot: "bench_slot",
} as const;

/** By its documentation: protections that an outbox may leave out are off. */
const SETTINGS = {
  dbSchema: SETUP.schema,
  dbTable: SETUP.table,
  enableMaxAttemptsProtection: false,
  enablePoisonousMessageProtection: false,
};

/**
 * By its documentation: segments keep order; the listener hears of messages by logical replication, and holds a connection for
 * each that it handles. Its other listener, which polls, was slower, and left locked rows to the end of their lock.
 */
export const pgTransactionalOutbox: Peer = {
  ordered: [{ connections: 20 }, { connections: 50 }, { connections: 100 }],
  unordered: [{ connections: 20 }, { connections: 50 }, { connections: 100 }],
  async prepare({ database, messages, setting, ordered, send }) {
    await setUp(database);
    await commit(database, messages);
    const connections = setting["connections"] ?? 20;
    const concurrencyStrategy = ordered
      ? createReplicationSegmentMutexConcurrencyController()
      : createReplicationSemaphoreConcurrencyController(connections);
    const handlers = { ...database, max: connections };
    const config = {
      outboxOrInbox: "outbox",
      dbHandlerConfig: handlers,
      dbListenerConfig: database,
    } as const;
    const handler = { handle: ({ payload }: { payload: unknown }) => send(payload as Job) };
    let shutDown: (() => Promise<void>) | undefined;
    return {
      async start() {
        const settings = {
          ...SETTINGS,
          dbPublication: SETUP.publication,
          dbReplicationSlot: SETUP.replicationSlot,
        };
        const strategies = { concurrencyStrategy };
        const logger = getDisabledLogger();
        [shutDown] = initializeReplicationMessageListener(
          { ...config, settings },
          handler,
          logger,
          strategies,
        );
      },
      async stop() {
        await shutDown?.();
      },
    };
  },
};

async function setUp(database: Database) {
  const client = new pg.Client(database);
  await client.connect();
  const setup = { ...SETUP, database: database.database, listenerRole: database.user };
  await client.query(DatabaseSetup.dropAndCreateTable(setup));
  await client.query(DatabaseSetup.setupReplicationCore(setup));
  await client.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [SETUP.replicationSlot]);
  await client.end();
}

async function commit(database: Database, messages: readonly Message[]) {
  const store = initializeMessageStorage(
    { outboxOrInbox: "outbox", settings: SETTINGS },
    getDisabledLogger(),
  );
  const client = new pg.Client(database);
  await client.connect();
  for (const batch of batchesOf(messages)) {
    await client.query("BEGIN");
    for (const { path, payload, key } of batch) {
      const message = {
        id: randomUUID(),
        aggregateType: "order",
        aggregateId: String(payload.n),
        messageType: "placed",
        payload: { path, payload },
        ...(key !== undefined && { segment: key }),
      };
      await store(message, client);
    }
    await client.query("COMMIT");
  }
  await client.end();
}
