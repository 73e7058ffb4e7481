/** The parts of a bill of materials (CycloneDX) that are read here. */
export interface Bom {
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Component {
  "bom-ref": string;
  name: string;
  version: string;
  scope: string;
  properties: { name: string; value: string }[];
  hashes?: { alg: string; content: string }[];
}

const DEVELOPMENT = "cdx:npm:package:development";

/**
 * The packages of the lock file that an installation brings. `npm sbom --omit dev` leaves out packages that development
 * tools need too, as zod.
 * @param name the package's own name, in place of npm's, the folder's
 */
export function runtimeBom(whole: Bom, name: string): Bom {
  const { component } = whole.metadata;
  const components = whole.components.filter(isBrought);
  const known = new Set([component, ...components].map((one) => one["bom-ref"]));
  const dependencies = whole.dependencies
    .filter(({ ref }) => known.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => known.has(one)) }));
  const metadata = { ...whole.metadata, component: { ...component, name } };
  return { ...whole, metadata, components, dependencies };
}

function isBrought({ scope, properties }: Component): boolean {
  return scope === "required" && properties.every(({ name }) => name !== DEVELOPMENT);
}
