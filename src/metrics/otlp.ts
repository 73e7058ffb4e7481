import { VERSION } from "../platform/version.ts";
import type { Family, Labels, Sample } from "./family.ts";

/** Instants in milliseconds between which counters have counted. */
interface Counted {
  from: number;
  to: number;
}

const CUMULATIVE = 2;

/**
 * Families as a request of OTLP/HTTP in its JSON form, in which 64-bit integers are texts. Names are those of Prometheus.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function otlpRequest(families: readonly Family[], counted: Counted) {
  const attributes = attributesOf({ "service.name": "edge-outbox", "service.version": VERSION });
  const scope = { name: "edge-outbox", version: VERSION };
  const metrics = families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => metricOf(family, counted));
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ scope, metrics }] }] };
}

function metricOf(family: Family, counted: Counted) {
  const { name, help: description, type } = family;
  const unit = /_(bytes|seconds)$/.exec(name)?.[1];
  const named = { name, description, unit: unit === "bytes" ? "By" : unit === "seconds" ? "s" : "" };
  const times = { startTimeUnixNano: nanosOf(counted.from), timeUnixNano: nanosOf(counted.to) };
  if (family.type === "histogram") {
    const dataPoints = family.samples.map(({ labels, counts }) => ({
      attributes: attributesOf(labels),
      ...times,
      count: String(counts.reduce((sum, count) => sum + count, 0)),
      bucketCounts: counts.map(String),
      explicitBounds: family.bounds,
    }));
    return { ...named, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  }
  const dataPoints = family.samples.map(({ labels, value }) => ({
    attributes: attributesOf(labels),
    ...times,
    ...numberOf(value),
  }));
  if (type === "gauge") return { ...named, gauge: { dataPoints } };
  return { ...named, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
}

function numberOf(value: Sample["value"]) {
  return Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value };
}

function attributesOf(labels: Labels) {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** A number of nanoseconds is more than a double holds exactly. */
function nanosOf(ms: number): string {
  return `${Math.round(ms)}000000`;
}
