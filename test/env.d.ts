declare namespace Cloudflare {
  interface Env {
    DB: D1Database;
    RELAY: DurableObjectNamespace<import("../src/worker.ts").TenantRelay>;
    WEBHOOK_QUEUE: Queue;
    EMAIL_QUEUE: Queue;
    HANDLER_QUEUE: Queue;
    EMAIL: SendEmail;
    EMAIL_ATTACHMENTS: R2Bucket;
    API_RATE: RateLimit;
    ADDRESS_RATE: RateLimit;
    OPERATOR_TOKEN: string;
    SECRET_KEYS: string;
    FUZZ_REQUESTS: string;
    FUZZ_SEED: string;
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    TEST_INBOX_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import("../src/worker.ts");
  }
}
