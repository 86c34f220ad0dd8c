import { validId, validText } from "../graphql/arguments.ts";
import { InvalidArgument } from "../errors.ts";

// The filters of a subscriber, applied to each event: an absent or null filter does not restrict.

const maxFilterIds = 1_000;
const maxFilterTags = 100;

export type SubscriptionFilter<Value> = (value: Value) => boolean;

/** @throws InvalidArgument for an invalid id, and for too many */
export function idFilter(
  ids: readonly string[] | null | undefined,
  argument: string,
): SubscriptionFilter<string | null> {
  if (!ids) return () => true;
  if (ids.length > maxFilterIds) throw new InvalidArgument(argument, `takes at most ${maxFilterIds} ids.`);
  const wanted = new Set(ids.map((id) => validId(id, argument)));
  return (id) => id !== null && wanted.has(id);
}

export function valueFilter<Value>(values: readonly Value[] | null | undefined): SubscriptionFilter<Value> {
  if (!values) return () => true;
  const wanted = new Set(values);
  return (value) => wanted.has(value);
}

/**
 * Returns a filter that requires all of the tags, each with its value, or with any value where none is given.
 * @throws InvalidArgument as lists do for such filters
 */
export function tagFilter(
  tags: readonly { key: string; value?: string | null | undefined }[] | null | undefined,
  argument: string,
): SubscriptionFilter<Readonly<Record<string, unknown>>> {
  if (!tags) return () => true;
  if (tags.length > maxFilterTags) throw new InvalidArgument(argument, `takes at most ${maxFilterTags} tags.`);
  for (const { key, value } of tags) {
    validText(key, argument);
    validText(value ?? "", argument);
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw new InvalidArgument(argument, "names a tag twice.");
  return (held) => tags.every(({ key, value }) => Object.hasOwn(held, key) && (value == null || held[key] === value));
}
