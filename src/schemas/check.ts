import type { EvaluationPlugin, Keyword } from "@hyperjump/json-schema/experimental";
import * as Instance from "@hyperjump/json-schema/instance/experimental";
import { joinPath } from "../platform/check.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { Digits } from "./decimal.ts";
import { keywordName } from "./keyword-name.ts";
import type { Steps } from "./steps.ts";
import type { UnionContext } from "./union.ts";
import { type Want, wantsOf } from "./want.ts";

type Node = Parameters<NonNullable<EvaluationPlugin["beforeKeyword"]>>[0];
/**
 * A value that does not fit, and the keyword that refused it. Its wants are put into words only for reported misfits.
 */
interface Misfit {
  instance: Instance.JsonNode;
  wants: () => Want[];
}
type Context = UnionContext & { misfits?: Misfit[] };

/** Keywords that compare whole values. */
const COMPARES = new Set(["const", "enum", "uniqueItems"]);
/** Keywords that examine each character of a text. Patterns count their own steps. */
const READS = new Set(["minLength", "maxLength", "format"]);
/** Keywords that compare numbers with one of the schema. */
const MEASURES = new Set(["multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]);
/** Extra steps of some keywords, for any value; and steps of comparing a value, for each of its parts. */
const STEPS_BEYOND: Readonly<Record<string, number>> = { format: 8, multipleOf: 3 };
const STEPS_PER_COMPARED = 3;

/**
 * The check of one payload: gathers misfits, and is cut short when it takes too long. A schema can ask for unbounded
 * steps, and the isolate is shared.
 */
export class Check implements EvaluationPlugin<Context> {
  #misfits: readonly Misfit[] = [];
  readonly #steps: Steps;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** `times`: number of visits to each of its characters. */
  spendOnText(text: string, times = 1): void {
    this.#steps.spend(1 + (text.length * times) / limits.charactersPerStep);
  }

  beforeSchema(): void {
    this.#steps.spend(1);
  }

  beforeKeyword([id, , value]: Node, instance: Instance.JsonNode): void {
    const name = keywordName(id);
    this.#steps.spend(1 + instance.children.length + partsOf(name, value) + (STEPS_BEYOND[name] ?? 0));
    if (COMPARES.has(name)) this.#spendOnAll(instance);
    const content = Instance.value<unknown>(instance);
    if (READS.has(name) && typeof content === "string") this.spendOnText(content);
    if (MEASURES.has(name)) this.#spendOnDigits(content, (value as { text: string }).text);
    else if (content instanceof Digits) this.#spendOnDigits(content, "");
  }

  // biome-ignore lint/complexity/useMaxParams: the library calls it so
  afterKeyword(
    [id, , value]: Node,
    instance: Instance.JsonNode,
    context: Context,
    valid: boolean,
    schemaContext: Context,
    keyword: Keyword<unknown>,
  ): void {
    if (valid) return;
    const inner = keyword.simpleApplicator || context.onlyBranch ? context.misfits : undefined;
    const wants = () => wantsOf(keywordName(id), value, Instance.value(instance));
    note(schemaContext, inner ?? [{ instance, wants }]);
  }

  afterSchema(url: string, instance: Instance.JsonNode, context: Context, valid: boolean): void {
    if (!valid && context.ast[url] === false) {
      note(context, [{ instance, wants: () => [{ message: "is not allowed here" }] }]);
    }
    this.#misfits = context.misfits ?? [];
  }

  /** `path`: path of the payload in the input. */
  fieldErrors(path: string): FieldError[] {
    const told = this.#misfits.flatMap(({ instance, wants }) =>
      wants().map(({ property, message }) => {
        const steps = [...stepsTo(instance), ...(property === undefined ? [] : [property])];
        return { path: joinPath(path, steps).slice(0, limits.pathLength), message };
      }),
    );
    return told.slice(0, limits.misfits);
  }

  /** Dividing long numbers takes time by the square of their lengths. */
  #spendOnDigits(number: unknown, limit: string): void {
    const length = limit.length + (number instanceof Digits ? number.source.length : 0);
    this.#steps.spend((length / limits.charactersPerStep) ** 2);
  }

  #spendOnAll(instance: Instance.JsonNode): void {
    for (const node of Instance.allNodes(instance)) {
      const value = Instance.value(node);
      this.#steps.spend(STEPS_PER_COMPARED);
      if (typeof value === "string") this.spendOnText(value);
      else if (value instanceof Digits) this.spendOnText(value.source);
    }
  }
}

/** Only some misfits are gathered, as there may be as many as values. */
function note(context: Context, misfits: readonly Misfit[]): void {
  const noted = context.misfits ?? [];
  context.misfits = noted;
  noted.push(...misfits.slice(0, limits.misfits - noted.length));
}

/** Number of a keyword's own parts examined for each value. */
function partsOf(name: string, value: unknown): number {
  if (!Array.isArray(value)) return 0;
  if (name !== "dependentRequired") return value.length;
  return (value as [string, string[]][]).reduce((sum, [, names]) => sum + 1 + names.length, 0);
}

/** Path to a value within the payload. The name of a property has its property's path. */
function stepsTo(node: Instance.JsonNode): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let at = node; at.parent; at = at.parent) {
    const { parent } = at;
    if (parent.type === "array") steps.unshift(parent.children.indexOf(at));
    if (at.type === "property" && at.children[0]) steps.unshift(Instance.value<string>(at.children[0]));
  }
  return steps;
}
