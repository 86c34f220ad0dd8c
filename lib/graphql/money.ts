/** The value of the GraphQL type `Money`. The amount is a decimal number, exact as stored. */
export interface MoneyValue {
  amount: string;
  currency: string;
}

/** Returns an amount with its currency; null for an amount that is not known. */
export const moneyOf = (amount: string | null, currency: string): MoneyValue | null =>
  amount === null ? null : { amount, currency };
