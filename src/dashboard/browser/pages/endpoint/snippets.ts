/** Ways to verify a webhook, as the libraries of https://www.standardwebhooks.com have them. */
export const SNIPPETS = {
  "Node.js": [
    "// npm install standardwebhooks",
    'import { Webhook } from "standardwebhooks";',
    "",
    "const webhook = new Webhook(process.env.WEBHOOK_SECRET);",
    "const { type, timestamp, data } = webhook.verify(rawBody, headers);",
  ],
  Python: [
    "# pip install standardwebhooks",
    "import os",
    "from standardwebhooks.webhooks import Webhook",
    "",
    'webhook = Webhook(os.environ["WEBHOOK_SECRET"])',
    "event = webhook.verify(raw_body, headers)",
  ],
  Go: [
    "// go get github.com/standard-webhooks/standard-webhooks/libraries/go",
    'import standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"',
    "",
    'webhook, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))',
    "err = webhook.Verify(rawBody, request.Header)",
  ],
  PHP: [
    "// composer require standard-webhooks/standard-webhooks",
    '$webhook = new \\StandardWebhooks\\Webhook(getenv("WEBHOOK_SECRET"));',
    "$event = $webhook->verify($rawBody, array_change_key_case(getallheaders()));",
  ],
} as const;
