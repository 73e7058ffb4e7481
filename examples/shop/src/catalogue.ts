/** Goods of the shop, and their prices. The page shows the same; what is charged is this. */
export const CATALOGUE = {
  beans: { name: "Espresso beans, 1 kg", amountCents: 24_00 },
  "moka-pot": { name: "Moka pot, six cups", amountCents: 39_50 },
  grinder: { name: "Hand grinder", amountCents: 119_00 },
} as const;

export type ProductId = keyof typeof CATALOGUE;
export const PRODUCT_IDS = Object.keys(CATALOGUE) as [ProductId, ...ProductId[]];

export function priceOf(amountCents: number): string {
  return `€${(amountCents / 100).toFixed(2)}`;
}
