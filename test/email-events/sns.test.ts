import { beforeEach, describe, expect, test } from "vitest";
import { Unverified } from "../../src/email-events/provider-event.ts";
import { ses } from "../../src/email-events/providers/ses.ts";
import { fetchBy } from "../support/outside/fetch-by.ts";
import {
  certificateUrl,
  type SignedWebhook,
  snsWebhook,
  TOPIC,
} from "../support/outside/provider-webhooks.ts";
import { never } from "../support/outside/signals.ts";
import { SNS_CERTIFICATE } from "../support/secrets/sns-key.ts";

const NOW = Date.parse("2026-12-01T20:00:00Z");
const clock = { now: () => NOW, timeout: never, sleep: async () => {}, after: () => () => {} };

/** Addresses that were fetched, and the answer to each. */
let fetched: string[];
let fetching: () => Response;

beforeEach(() => {
  fetched = [];
  fetching = () => new Response(SNS_CERTIFICATE);
  clock.now = () => NOW;
});

const fetchOf = (answer: () => Response) =>
  fetchBy((url) => {
    fetched.push(url);
    return answer();
  });

function verify({ headers, body }: SignedWebhook, topic = TOPIC) {
  const fetch = fetchOf(() => fetching());
  return ses.verify({ headers: new Headers(headers), body }, { secrets: [topic], clock, fetch });
}

describe("a notification of Amazon's", () => {
  test("is believed by either version of its signature, and its certificate is fetched once", async () => {
    const SigningCertURL = certificateUrl();
    for (const version of ["1", "2", "2"] as const) {
      const webhook = await snsWebhook({}, NOW, { SigningCertURL, Subject: "Amazon SES" }, version);
      await expect(verify(webhook)).resolves.toBeUndefined();
    }
    expect(fetched).toEqual([SigningCertURL]);
  });

  test.each([
    "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem",
    "https://evil.example/SimpleNotificationService-0.pem",
    "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0.pem",
    "https://bucket.s3.amazonaws.com/SimpleNotificationService-0.pem",
    "https://sns.eu-west-1.amazonaws.com/bucket/SimpleNotificationService-0.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem/../other.pem",
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
    "https://sns.eu-west-1.amazonaws.com.cn/SimpleNotificationService-0.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem?once=more",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem#once-more",
    "https://snsXeu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
    "",
  ])("with a certificate at %s is not believed, and that is not fetched", async (SigningCertURL) => {
    const webhook = await snsWebhook({}, NOW, { SigningCertURL });
    await expect(verify(webhook)).rejects.toThrow(Unverified);
    expect(fetched).toEqual([]);
  });

  test("of a topic that is not ours is not believed, though Amazon has signed it", async () => {
    const webhook = await snsWebhook({}, NOW, { TopicArn: "arn:aws:sns:eu-west-1:210987654321:emails" });
    await expect(verify(webhook)).rejects.toThrow("SES_TOPIC_ARNS");
    expect(fetched).toEqual([]);
  });

  test("is not believed if its certificate is none, and asked for again if Amazon does not answer", async () => {
    fetching = () => new Response("no certificate");
    await expect(verify(await snsWebhook({}, NOW))).rejects.toThrow(Unverified);
    fetching = () => new Response("busy", { status: 503 });
    const SigningCertURL = certificateUrl();
    const webhook = await snsWebhook({}, NOW, { SigningCertURL });
    const failing = verify(webhook);
    await expect(failing).rejects.toThrow("503");
    await expect(failing).rejects.not.toThrow(Unverified);
    fetching = () => Response.redirect("https://evil.example/", 302);
    await expect(verify(webhook)).rejects.toThrow("302");
    fetching = () => new Response(SNS_CERTIFICATE);
    await expect(verify(webhook)).resolves.toBeUndefined();
  });

  test("of a topic in China has its certificate there", async () => {
    const topic = TOPIC.replace("arn:aws:sns:eu-west-1", "arn:aws-cn:sns:cn-north-1");
    const SigningCertURL = certificateUrl().replace("eu-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn");
    const webhook = await snsWebhook({}, NOW, { TopicArn: topic, SigningCertURL });
    await expect(verify(webhook, topic)).resolves.toBeUndefined();
  });

  test("is not believed by a certificate that is not valid yet, or no more", async () => {
    const [from, to] = [Date.parse("2026-11-30T19:23:22Z"), Date.parse("2126-11-06T19:23:22Z")];
    const SigningCertURL = certificateUrl();
    for (const now of [from - 1, to + 1]) {
      clock.now = () => now;
      await expect(verify(await snsWebhook({}, now, { SigningCertURL }))).rejects.toThrow("not valid now");
    }
    for (const now of [from, to]) {
      clock.now = () => now;
      await expect(verify(await snsWebhook({}, now, { SigningCertURL }))).resolves.toBeUndefined();
    }
  });

  test("that asks to confirm the subscription of our topic is obeyed, at Amazon alone", async () => {
    const given = { Type: "SubscriptionConfirmation", Token: "a&b" };
    const answers = [200, 302].map((status) => new Response(null, { status }));
    const obey = async (SubscribeURL: string) => {
      const webhook = await snsWebhook("You have chosen to subscribe", NOW, { ...given, SubscribeURL });
      await verify(webhook);
      const fetch = fetchOf(() => answers.shift() as Response);
      const request = { headers: new Headers(webhook.headers), body: webhook.body };
      expect(ses.parse(request)).toEqual([]);
      await ses.obey?.(request, { secrets: [TOPIC], clock, fetch });
    };
    await obey("https://evil.example/?Token=abc");
    const query = "Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Aemails";
    expect(fetched.at(-1)).toBe(`https://sns.eu-west-1.amazonaws.com/?${query}&Token=a%26b`);
    await expect(obey("https://sns.eu-west-1.amazonaws.com/")).rejects.toThrow("302");
    expect(fetched.filter((url) => url.includes("evil"))).toEqual([]);
  });
});
