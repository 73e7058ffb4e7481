import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { childOf, parseTraceContext, parseTraceparent, traceIdOf } from "../../src/domain/trace-context.ts";
import { systemRandom } from "../../src/platform/clock.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

describe("a traceparent", () => {
  test.each([
    [`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`],
    [`00-${TRACE}-${PARENT}-00`, `00-${TRACE}-${PARENT}-00`],
    ["with flags that nobody knows", `00-${TRACE}-${PARENT}-fd`, `00-${TRACE}-${PARENT}-01`],
    ["of a later version", `cc-${TRACE}-${PARENT}-03`, `00-${TRACE}-${PARENT}-03`],
    ["of a later version that says more", `01-${TRACE}-${PARENT}-01-what-comes`, `00-${TRACE}-${PARENT}-01`],
  ])("%s is taken", (...row) => {
    const [given = "", taken] = row.slice(-2);
    expect(parseTraceparent(given)).toBe(taken);
  });

  test.each([
    ["nothing", ""],
    ["version ff", `ff-${TRACE}-${PARENT}-01`],
    ["version 00 that says more", `00-${TRACE}-${PARENT}-01-x`],
    ["a later version that goes on without a dash", `01-${TRACE}-${PARENT}-01x`],
    ["capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["a parent of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["a short trace", `00-${TRACE.slice(1)}-${PARENT}-01`],
    ["two of them", `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
    ["spaces around", ` 00-${TRACE}-${PARENT}-01`],
    ["a line break", `00-${TRACE}-${PARENT}-01\n`],
    ["other letters than hex digits", `00-${TRACE.replace("0", "g")}-${PARENT}-01`],
  ])("%s is ignored", (_, given) => {
    expect(parseTraceparent(given)).toBeUndefined();
  });

  test("is continued in the same trace, with the same flags and another parent", () => {
    const hex = (digits: number) =>
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits });
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom("00", "01", "02", "03"), (trace, parent, flags) => {
        const given = parseTraceparent(`00-${trace}-${parent}-${flags}`);
        fc.pre(given !== undefined);
        const child = childOf(given, systemRandom);
        expect(parseTraceparent(child)).toBe(child);
        expect(traceIdOf(child)).toBe(trace);
        expect(child.endsWith(`-${flags}`)).toBe(true);
        expect(child).not.toBe(given);
      }),
    );
  });

  test("never names a parent of zeros", () => {
    const bytes = [new Uint8Array(8), new Uint8Array(8).fill(1)];
    const random = { ...systemRandom, bytes: () => bytes.shift() ?? new Uint8Array() };
    expect(childOf(`00-${TRACE}-${PARENT}-01`, random)).toBe(`00-${TRACE}-0101010101010101-01`);
  });
});

describe("tracestate", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const many = (count: number) => Array.from({ length: count }, (_, n) => `k${n}=v`).join(",");

  test.each([
    ["rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7"],
    ["rojo=1 , congo=2\t,,", "rojo=1,congo=2"],
    ["tenant@system=1,a-b_c*d/e=x y", "tenant@system=1,a-b_c*d/e=x y"],
    [many(32), many(32)],
    [many(33), null],
    ["", null],
    [" , ", null],
    ["rojo", null],
    ["rojo=", null],
    ["Rojo=1", null],
    ["rojo=1,rojo=2", null],
    ["rojo=a=b", null],
    ["rojo=ä", null],
    ["rojo=1\u0000", null],
    [`${"k".repeat(257)}=1`, null],
    [`a=${"x".repeat(257)}`, null],
  ])("%j is %j", (text, kept) => {
    expect(parseTraceContext({ traceparent, tracestate: text })).toEqual({ traceparent, tracestate: kept });
  });

  test("of one that is too long, whole members are left out: the long ones, and then the oldest", () => {
    const long = `long=${"x".repeat(200)}`;
    const short = Array.from({ length: 30 }, (_, n) => `k${n}=${"v".repeat(12)}`);
    const { tracestate } = parseTraceContext({
      traceparent,
      tracestate: [short[0], long, ...short.slice(1)].join(),
    });
    expect(tracestate?.length).toBeLessThanOrEqual(512);
    expect(short.join()).toContain(tracestate);
  });

  test("without a traceparent that is valid it means nothing", () => {
    expect(parseTraceContext({ tracestate: "a=1" })).toEqual({ traceparent: null, tracestate: null });
    expect(parseTraceContext({ traceparent: "00-0-0-0", tracestate: "a=1" }).tracestate).toBeNull();
  });
});
