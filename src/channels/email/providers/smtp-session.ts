/// <reference path="../../../platform/node-sockets.d.ts" />
import net, { type OpenSocket } from "node:net";
import tls from "node:tls";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { systemClock } from "../../../platform/clock.ts";
import { within } from "../../../platform/within.ts";
import type { SmtpStage } from "./smtp-errors.ts";

export interface SmtpServer {
  host: string;
  port: number;
  /** `tls`: from the first byte. `starttls`: after the greeting, or not at all. `none`: never, for this machine alone. */
  security: "tls" | "starttls" | "none";
  /** Undefined: no login. */
  user?: string | undefined;
  password?: string | undefined;
}

/** Envelope of SMTP. */
export interface Handed {
  from: string;
  to: string[];
}

/** Refusal by the server, or a failure to reach it. */
export class SmtpFailure extends Error {
  readonly stage: SmtpStage;
  /** Answer of the server; empty if there is none. */
  readonly answer: string;
  /** `smtp_550`, or `connection_lost`, `timeout`, `tls`, `refused`, `dns`. */
  readonly errorClass: string;

  constructor(stage: SmtpStage, answer: string, errorClass: string, message: string) {
    super(message);
    this.stage = stage;
    this.answer = answer;
    this.errorClass = errorClass;
  }
}

/** Error of the library. */
interface LibraryError extends Error {
  code?: string;
  command?: string;
  response?: string;
}

/** Part of the library's connection whose type is Node's. */
interface Emitter {
  once(event: "error", listener: (error: Error) => void): void;
}

const STAGES: readonly [command: RegExp, stage: SmtpStage][] = [
  [/^AUTH/, "login"],
  [/^MAIL/, "sender"],
  [/^RCPT/, "recipient"],
  [/^DATA/, "message"],
];
const CODES: readonly [pattern: RegExp, code: string][] = [
  [/ETIMEDOUT|timed? ?out|no answer within/i, "timeout"],
  [/ETLS|certificate|handshake/i, "tls"],
  [/EDNS|ENOTFOUND|getaddrinfo/i, "dns"],
  [/refused|cannot connect/i, "refused"],
  [/internal error/i, "unreachable"],
];
/** Time to reach a server, and to be greeted by it. An attempt has a little more. */
const CONNECT_MS = 10_000;

/** One connection for one e-mail: a connection belongs to the invocation that opened it. */
export class SmtpSession {
  readonly #server: SmtpServer;
  #socket: OpenSocket | undefined;
  #connection: SMTPConnection | undefined;
  #isClosed = false;
  #hasLeft = false;
  /** True from the first byte of the e-mail on, until it is refused: the server may have taken it. */
  isUnderWay = false;

  constructor(server: SmtpServer) {
    this.#server = server;
  }

  /**
   * Hands over an e-mail, and answers the server's last line. One of which a recipient is refused goes to nobody.
   * @throws {SmtpFailure}
   */
  async send(handed: Handed, message: Uint8Array): Promise<string> {
    const { user, password } = this.#server;
    const refused: string[] = [];
    const connection = await this.#connect((line) => {
      if (/^[45]\d\d/.test(line)) refused.push(line);
    });
    if (user !== undefined) {
      await this.#step((done) => connection.login({ user, pass: password ?? "" }, done));
    }
    refused.length = 0;
    const { response } = await this.#step<{ response: string }>((done) =>
      connection.send(handed, this.#stream(message, refused), done),
    );
    // The server closes the connection, so that it is not told of one that was lost.
    this.#hasLeft = true;
    connection.quit();
    return response;
  }

  /** Ends the connection. An e-mail that has not all been handed over is not sent. */
  close(): void {
    this.#isClosed = true;
    if (this.#hasLeft) return;
    this.#connection?.close();
    this.#socket?.destroy();
  }

  async #connect(hear: (line: string) => void): Promise<SMTPConnection> {
    const { host, port, security } = this.#server;
    this.#socket = await this.#open();
    const connection = new SMTPConnection({
      host,
      port,
      // The name of this machine tells nothing.
      name: "edge-outbox",
      connection: this.#socket as never,
      secure: security === "tls",
      secured: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      greetingTimeout: CONNECT_MS,
      connectionTimeout: CONNECT_MS,
      socketCloseTimeout: 0,
      transactionLog: true,
      logger: listener(hear) as never,
    });
    this.#connection = connection;
    await this.#step((done) => {
      (connection as unknown as Emitter).once("error", done);
      connection.connect(done);
    });
    return connection;
  }

  async #open(): Promise<OpenSocket> {
    const { host, port, security } = this.#server;
    const isSecure = security === "tls";
    const opening = isSecure ? tls.connect({ host, port, servername: host }) : net.connect({ host, port });
    const opened = new Promise<void>((resolve, reject) => {
      opening.once("error", reject);
      opening.once(isSecure ? "secureConnect" : "connect", resolve);
    });
    try {
      await within(systemClock, CONNECT_MS, opened);
      if (this.#isClosed) throw new Error("The attempt timed out");
      return opening;
    } catch (error) {
      opening.destroy();
      throw failureFrom(error as LibraryError);
    }
  }

  #step<T = unknown>(begin: (done: (error?: unknown, result?: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      begin((error, result) => {
        const failure = error ? failureFrom(error as LibraryError) : undefined;
        if (failure?.answer) this.isUnderWay = false;
        if (failure) reject(failure);
        else resolve(result as T);
      });
    });
  }

  /**
   * Stream for the library, which pipes it when the server has taken the envelope. An e-mail without its end is dropped, so
   * one is not begun that some recipient would not get.
   */
  #stream(message: Uint8Array, refused: readonly string[]): never {
    let fail: (error: Error) => void = () => {};
    const stream = {
      on(_: "error", listener: typeof fail) {
        fail = listener;
      },
      removeListener() {
        fail = () => {};
      },
      destroy() {},
      pipe: (to: { write(bytes: Uint8Array): void; end(): void }) => {
        const [first] = refused;
        if (first !== undefined) {
          fail(new SmtpFailure("recipient", first, codeOf(first), first));
          return;
        }
        this.isUnderWay = true;
        to.write(message);
        to.end();
      },
    };
    return stream as never;
  }
}

function failureFrom(error: Error & LibraryError): SmtpFailure {
  if (error instanceof SmtpFailure) return error;
  const { command = "", response: answer = "", message } = error;
  const stage = STAGES.find(([pattern]) => pattern.test(command))?.[1] ?? "connect";
  if (answer !== "") return new SmtpFailure(stage, answer, codeOf(answer), message);
  const code = CODES.find(([pattern]) => pattern.test(`${error.code} ${message}`))?.[1] ?? "connection_lost";
  return new SmtpFailure(stage, "", code, message);
}

const codeOf = (answer: string) => `smtp_${answer.slice(0, 3)}`;

/** Logger of the library's that hears the server's lines alone. */
function listener(hear: (line: string) => void) {
  const ignore = () => {};
  const debug = (entry: { tnx?: string }, line: unknown) => {
    if (entry?.tnx === "server") hear(String(line));
  };
  return { trace: ignore, debug, info: ignore, warn: ignore, error: ignore, fatal: ignore };
}
