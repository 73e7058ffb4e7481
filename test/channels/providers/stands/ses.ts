import type { RefusalScope } from "../../../../src/channels/channel.ts";
import { sesProvider } from "../../../../src/channels/email/providers/ses.ts";
import { KEYS } from "../../../support/outside/email-servers/keys.ts";
import type { Stand } from "../contract.ts";
import { inJson, openAt, PAGES, pageOf } from "./over-http.ts";

const failure = (status: number, type: string, message: string) =>
  inJson(status, { message }, { "x-amzn-errortype": type });

const NOT_VERIFIED =
  "Email address is not verified. The following identities failed the check in region EU-WEST-1: us@example.com";
const NO_RIGHT =
  "User `arn:aws:iam::1:user/o' is not authorized to perform `ses:SendEmail' on resource `arn:aws:ses:eu-west-1:1:identity/example.com'";

const ERRORS: [status: number, type: string, message: string, scope: RefusalScope][] = [
  [400, "AccountSuspendedException", "The account's ability to send is permanently restricted.", "account"],
  [400, "BadRequestException", "Missing final '@domain'", "message"],
  [400, "LimitExceededException", "There are too many instances of the specified resource type.", "account"],
  [400, "MailFromDomainNotVerifiedException", "The sending domain isn't verified.", "sender"],
  [400, "MessageRejected", "The message contains invalid content.", "message"],
  [400, "MessageRejected", NOT_VERIFIED, "sender"],
  [404, "NotFoundException", "Configuration set <outbox> does not exist.", "account"],
  [400, "SendingPausedException", "The account's ability to send is currently paused.", "account"],
  [403, "AccessDeniedException", "You do not have sufficient access to perform this action.", "account"],
  [403, "AccessDeniedException", NO_RIGHT, "sender"],
  [403, "ExpiredTokenException", "The security token is expired.", "account"],
  [403, "IncompleteSignature", "The signature does not conform to AWS standards.", "account"],
  [403, "InvalidClientTokenId", "The access key ID does not exist.", "account"],
  [403, "InvalidSignatureException", "The signature does not match.", "account"],
  [403, "MissingAuthenticationTokenException", "The request must contain a key.", "account"],
  [403, "OptInRequired", "The key needs a subscription for the service.", "account"],
  [400, "RequestExpired", "The request reached the service too late.", "account"],
  [403, "UnrecognizedClientException", "The security token is invalid.", "account"],
  [400, "ValidationError", "The input fails to satisfy the constraints.", "message"],
  [500, "InternalFailure", "The request has failed because of an unknown error.", "provider"],
  [503, "ServiceUnavailable", "A temporary failure of the server.", "provider"],
  [400, "ANewException", "Nobody knows it.", "provider"],
];
const nameOf = (type: string) => type.replace(/Exception$/, "");

export const ses: Stand = {
  name: "ses",
  source:
    "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and CommonErrors.html, read on 30 November 2026",
  open: openAt("ses", (tools) =>
    sesProvider({
      ...tools,
      accessKeyId: KEYS.ses.keyId,
      secretAccessKey: KEYS.ses.secret,
      sessionToken: undefined,
      region: KEYS.ses.region,
      configurationSet: undefined,
    }),
  ),
  // The instant of an attempt is signed.
  timeless: ({ requests }) =>
    requests.map(({ headers: { authorization, "x-amz-date": date, ...headers }, body }) => ({
      headers,
      body,
    })),
  refusals: [
    ...ERRORS.map(([status, type, message, scope]) => ({
      turn: failure(status, type, message),
      scope,
      error: nameOf(type),
    })),
    {
      turn: failure(400, "BadRequestException:http://internal.amazon.com/coral/com.amazonaws/", "Bad"),
      scope: "message",
      error: "BadRequest",
    },
    {
      turn: inJson(400, { __type: "com.amazonaws.ses#MessageRejected", message: "Bad" }),
      scope: "message",
      error: "MessageRejected",
    },
    ...PAGES,
  ],
  waits: [
    { turn: failure(429, "TooManyRequestsException", "Maximum sending rate exceeded.") },
    { turn: failure(400, "ThrottlingException", "Rate exceeded") },
    { turn: pageOf(429) },
  ],
  quotas: [
    failure(429, "TooManyRequestsException", "Daily message quota exceeded."),
    failure(400, "LimitExceededException", "Daily sending quota exceeded."),
  ],
  idless: [inJson(200, {}), inJson(200, { MessageId: "" }), { status: 200 }, pageOf(200)],
  secrets: [KEYS.ses.keyId, KEYS.ses.secret],
};
