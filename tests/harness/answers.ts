import type { GraphQLAnswer } from "#gateway/requests/graphql-request.ts";

export interface AnsweredError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string; [key: string]: unknown };
}

export interface AnsweredData {
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are as deep as queries; tests read them by path
  data: any;
  errors: AnsweredError[];
}

/** Returns a response without what every error has: the request's id and whether to retry. `tests/gateway/http.test.ts` is about these. */
export function answerOf({ body }: Pick<GraphQLAnswer, "body">): AnsweredData {
  const { data = null, errors = [] } = JSON.parse(body) as Partial<AnsweredData>;
  return {
    data,
    errors: errors.map(({ extensions, ...error }) => {
      const { retryable: _retryable, requestId, ...rest } = extensions ?? { code: "" };
      const isInternal = rest.code === "INTERNAL_SERVER_ERROR";
      return { ...error, extensions: isInternal ? { ...rest, requestId } : rest };
    }),
  };
}
