import type { EvaluationPlugin, Keyword, ValidationContext } from "@hyperjump/json-schema/experimental";
import * as Instance from "@hyperjump/json-schema/instance/experimental";
import { joinPath } from "../platform/check.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { Digits } from "./decimal.ts";
import type { Steps } from "./steps.ts";
import { type Want, wantsOf } from "./want.ts";

type Node = Parameters<NonNullable<EvaluationPlugin["beforeKeyword"]>>[0];
/** Something that does not fit: a property of a value, or the value itself, and what is wanted there. */
interface Misfit extends Want {
  instance: Instance.JsonNode;
}
type Context = ValidationContext & { misfits?: Misfit[] };

/** Keywords that compare whole values. */
const COMPARES = new Set(["const", "enum", "uniqueItems"]);
/** Keywords that look at each character of a text. Patterns do so too, and reckon for themselves. */
const READS = new Set(["minLength", "maxLength", "format"]);

/**
 * One look at one payload: gathers where it does not fit, and gives up when that takes too long. A schema can ask for
 * more steps than any machine has, and the isolate is shared.
 */
export class Check implements EvaluationPlugin<Context> {
  #misfits: readonly Misfit[] = [];
  readonly #steps: Steps;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** `times`: how often each of its characters is looked at. */
  spendOnText(text: string, times = 1): void {
    this.#steps.spend(1 + (text.length * times) / limits.charactersPerStep);
  }

  beforeSchema(): void {
    this.#steps.spend(1);
  }

  beforeKeyword([id, , value]: Node, instance: Instance.JsonNode): void {
    this.#steps.spend(1 + instance.children.length + (Array.isArray(value) ? value.length : 0));
    const name = nameOf(id);
    if (COMPARES.has(name)) this.#spendOnAll(instance);
    if (READS.has(name) && Instance.typeOf(instance) === "string") this.spendOnText(Instance.value(instance));
    if (Instance.value(instance) instanceof Digits)
      this.#spendOnDigits(Instance.value<Digits>(instance).source.length);
  }

  afterKeyword(
    [id, , value]: Node,
    instance: Instance.JsonNode,
    context: Context,
    valid: boolean,
    schemaContext: Context,
    keyword: Keyword<unknown>,
  ): void {
    if (valid) return;
    const inner = keyword.simpleApplicator ? context.misfits : undefined;
    note(
      schemaContext,
      inner ?? wantsOf(nameOf(id), value, Instance.value(instance)).map((want) => ({ ...want, instance })),
    );
  }

  afterSchema(url: string, instance: Instance.JsonNode, context: Context, valid: boolean): void {
    if (!valid && context.ast[url] === false) note(context, [{ instance, message: "is not allowed here" }]);
    this.#misfits = context.misfits ?? [];
  }

  /** `path`: where the payload stands in the input. */
  fieldErrors(path: string): FieldError[] {
    return this.#misfits.map(({ instance, property, message }) => {
      const steps = [...stepsTo(instance), ...(property === undefined ? [] : [property])];
      return { path: joinPath(path, steps).slice(0, limits.pathLength), message };
    });
  }

  /** Dividing long numbers takes time by the square of their lengths. */
  #spendOnDigits(length: number): void {
    this.#steps.spend((length / limits.charactersPerStep) ** 2);
  }

  #spendOnAll(instance: Instance.JsonNode): void {
    for (const node of Instance.allNodes(instance)) {
      const value = Instance.value(node);
      if (typeof value === "string") this.spendOnText(value);
      else if (value instanceof Digits) this.spendOnText(value.source);
      else this.#steps.spend(1);
    }
  }
}

/** There may be as many misfits as the payload has values: some are enough. */
function note(context: Context, misfits: readonly Misfit[]): void {
  const noted = context.misfits ?? [];
  context.misfits = noted;
  noted.push(...misfits.slice(0, limits.misfits - noted.length));
}

/** `https://json-schema.org/keyword/type`: the name is its last part. */
function nameOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** The way to a value, from the payload on. The name of a property has its property's. */
function stepsTo(node: Instance.JsonNode): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let at = node; at.parent; at = at.parent) {
    const { parent } = at;
    if (parent.type === "array") steps.unshift(parent.children.indexOf(at));
    if (at.type === "property" && at.children[0]) steps.unshift(Instance.value<string>(at.children[0]));
  }
  return steps;
}
