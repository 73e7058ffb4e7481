/// <reference types="node" />
import type { AddressInfo } from "node:net";
import { domainToASCII } from "node:url";
import PostalMime, { decodeWords } from "postal-mime";
import { SMTPServer, type SMTPServerSession } from "smtp-server";
import type { Box, Boxes, Turn } from "./boxes.ts";
import { SMTP_PASSWORD } from "./keys.ts";
import { addressesIn, fileOf, headersIn, type Taken } from "./taken.ts";

/** Greetings of servers that refuse everybody, each at a port of its own. */
const UNFRIENDLY = ["421 4.7.0 Too many connections from you", "554 5.3.2 No SMTP service here"];

/** Ports of the stand-ins for SMTP: the one that takes e-mails, and those that do not greet. */
export interface SmtpPorts {
  friendly: number;
  unfriendly: Record<string, number>;
}

const errorOf = (code: number, message: string) => Object.assign(new Error(message), { responseCode: code });

/** A real SMTP server. Its users are boxes; a recipient whose name begins with `nobody` is refused. */
export async function startSmtpServers(
  boxes: Boxes,
): Promise<{ ports: SmtpPorts; stop: () => Promise<void> }> {
  const friendly = friendlyServer(boxes);
  const unfriendly = UNFRIENDLY.map((line) => ({ line, server: unfriendlyServer(line) }));
  const servers = [friendly, ...unfriendly.map(({ server }) => server)];
  for (const server of servers) {
    // A connection that a test ends is no news.
    server.on("error", () => {});
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  }
  const portOf = (server: SMTPServer) => (server.server.address() as AddressInfo).port;
  return {
    ports: {
      friendly: portOf(friendly),
      unfriendly: Object.fromEntries(unfriendly.map(({ line, server }) => [line, portOf(server)])),
    },
    stop: async () => {
      for (const server of servers) {
        for (const { _socket } of server.connections) _socket.destroy();
        await new Promise<void>((closed) => server.close(closed));
      }
    },
  };
}

function unfriendlyServer(line: string): SMTPServer {
  const refusal = errorOf(Number(line.slice(0, 3)), line.slice(4));
  return new SMTPServer({ disabledCommands: ["STARTTLS"], onConnect: (_, answer) => answer(refusal) });
}

function friendlyServer(boxes: Boxes): SMTPServer {
  /** The turn that each session takes, by its id. */
  const turns = new Map<string, Turn | undefined>();
  const refusalAt = (stage: string, { id }: SMTPServerSession) => {
    const turn = turns.get(id);
    const isMeant = turn && !("instead" in turn) && turn.stage === stage;
    return isMeant ? errorOf(turn.status, turn.body ?? "") : undefined;
  };
  const server: SMTPServer = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    authMethods: ["PLAIN", "LOGIN"],
    onAuth({ username = "", password }, session, answer) {
      const turn = boxes.of(username).turns.shift();
      turns.set(session.id, turn);
      const isEcho = turn && "instead" in turn && turn.instead === "echo" && turn.status !== 200;
      const echo = isEcho
        ? errorOf(535, `5.7.8 ${password} ${btoa(`\0${username}\0${password}`)}`)
        : undefined;
      const wrong = password === SMTP_PASSWORD ? undefined : errorOf(535, "5.7.8 Authentication failed");
      const refusal = echo ?? wrong ?? refusalAt("login", session);
      if (refusal) answer(refusal);
      else answer(null, { user: username });
    },
    onMailFrom: (_, session, answer) => answer(refusalAt("sender", session)),
    onRcptTo({ address }, session, answer) {
      const unknown = address.startsWith("nobody") ? errorOf(550, "5.1.1 Nobody has this name") : undefined;
      answer(refusalAt("recipient", session) ?? unknown);
    },
    onData(stream, session, answer) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const box = boxes.of(String(session.user));
        const body = Buffer.concat(chunks).toString("utf8");
        box.requests.push({ headers: {}, body });
        const socket = [...server.connections].find(({ id }) => id === session.id)?._socket;
        const refusal = refusalAt("message", session);
        if (refusal) answer(refusal);
        else void endOf(turns.get(session.id), { box, session, body, socket, answer });
      });
    },
  });
  return server;
}

interface Ending {
  box: Box;
  session: SMTPServerSession;
  body: string;
  socket: { destroy(): void; end(text: string): void } | undefined;
  answer: (error?: Error | null, message?: string) => void;
}

async function endOf(turn: Turn | undefined, { box, session, body, socket, answer }: Ending): Promise<void> {
  const instead = turn && "instead" in turn ? turn.instead : undefined;
  if (instead === "drop") socket?.destroy();
  if (instead === "hang" || instead === "drop") return;
  const read = await readMessage(session, body);
  const email = { ...read, id: `taken-${box.emails.length + 1}` };
  box.emails.push(email);
  if (instead === "taken-hang") return;
  if (instead === "taken-drop") socket?.destroy();
  else if (instead === "half") socket?.end("25");
  else answer(null, `2.0.0 Ok: queued as ${email.id}${instead === "echo" ? ` ${SMTP_PASSWORD}` : ""}`);
}

/** Headers that are read as fields, or are the library's. */
const FIELDS =
  /^(from|to|cc|reply-to|subject|date|message-id|mime-version|content-(type|transfer-encoding)|x-outbox-(message|tenant))$/;

/** The library shows the A-labels that came as letters. */
function inAscii(address: string): string {
  const at = address.lastIndexOf("@") + 1;
  return address.slice(0, at) + domainToASCII(address.slice(at));
}

/** Reads a message by a parser of MIME that is not the outbox's. */
async function readMessage({ envelope }: SMTPServerSession, message: string): Promise<Omit<Taken, "id">> {
  const parsed = await PostalMime.parse(message);
  const headers = new Map(parsed.headers.map(({ key, value }) => [key, value]));
  const others = parsed.headers.filter(({ key }) => !FIELDS.test(key));
  const of = (name: string) => addressesIn(headers.get(name));
  const shown = [...of("to"), ...of("cc")];
  const named = new Set(shown);
  return {
    from: of("from"),
    to: of("to"),
    cc: of("cc"),
    // Only the envelope of SMTP names the others.
    bcc: envelope.rcptTo
      .flatMap(({ address }) => addressesIn(inAscii(address)))
      .filter((one) => !named.has(one)),
    replyTo: of("reply-to"),
    subject: headers.get("subject") ?? "",
    text: parsed.text?.trimEnd(),
    html: parsed.html?.trimEnd(),
    files: parsed.attachments.map(({ filename, mimeType, content, contentId }) =>
      fileOf(
        filename ?? "",
        mimeType,
        Buffer.from(content as ArrayBuffer).toString("base64"),
        contentId?.slice(1, -1),
      ),
    ),
    ...headersIn(Object.fromEntries(others.map(({ key, value }) => [key, decodeWords(value)]))),
    ids: {
      "outbox-message": headers.get("x-outbox-message") ?? "",
      "outbox-tenant": headers.get("x-outbox-tenant") ?? "",
    },
  };
}
