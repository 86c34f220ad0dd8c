/* global AbortController, document, fetch, localStorage, location, React, ReactDOM, GraphiQL, TextDecoderStream */
// Runs in the browser unchanged, after the scripts of React and GraphiQL, which define these global names.

const root = document.getElementById("graphiql");
const example = root.dataset.example === undefined ? undefined : JSON.parse(root.dataset.example);

/** Returns a JSON text without anything under the name `headers`; any other text unchanged. */
function withoutHeaders(text) {
  try {
    return JSON.stringify(JSON.parse(text), (name, value) => (name === "headers" ? undefined : value));
  } catch {
    return text;
  }
}

// The history that GraphiQL stores has the headers of each request, including the key of the user.
const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, withoutHeaders(value)),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  get length() {
    return localStorage.length;
  },
};

// Returning users find their tabs as they left them. GraphiQL takes no variables from `defaultTabs`.
const first =
  example === undefined || storage.getItem("graphiql:tabState") !== null
    ? {}
    : { defaultQuery: example.query, variables: JSON.stringify(example.variables, null, 2) };

// The value in the headers editor until a credential is pasted there. It is never sent.
const placeholder = `<${root.dataset.credential}>`;
const withoutPlaceholder = (headers = {}) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => !String(value).includes(placeholder)));

const isSubscription = ({ operationName }, documentAST) =>
  documentAST?.definitions.some(
    ({ operation, name }) => operation === "subscription" && (!operationName || name?.value === operationName),
  );

/** Reads the results of one operation as server-sent events. A refusal is one of them; over a socket it would be a close code after retries of the client. */
async function readEvents({ parameters, headers, signal }, onAnswer) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { ...headers, accept: "text/event-stream", "content-type": "application/json" },
    body: JSON.stringify(parameters),
    signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const events = (text + read.value).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const [, data] = /^event: next\n(?:id: .*\n)?data: (.*)$/.exec(event) ?? [];
      if (data !== undefined) onAnswer(JSON.parse(data));
    }
  }
}

const subscription = (parameters, headers) => ({
  subscribe: (observer) => {
    const ending = new AbortController();
    const { signal } = ending;
    readEvents({ parameters, headers, signal }, (answer) => observer.next(answer)).then(
      () => observer.complete(),
      (problem) => signal.aborted || observer.error(problem),
    );
    return { unsubscribe: () => ending.abort() };
  },
});

const request = GraphiQL.createFetcher({ url: location.pathname });

ReactDOM.createRoot(root).render(
  React.createElement(GraphiQL, {
    fetcher: (parameters, options) => {
      const headers = withoutPlaceholder(options?.headers);
      return isSubscription(parameters, options?.documentAST)
        ? subscription(parameters, headers)
        : request(parameters, { ...options, headers });
    },
    defaultHeaders: JSON.stringify({ authorization: `Bearer ${placeholder}` }, null, 2),
    storage,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
    defaultEditorToolsVisibility: "headers",
    ...first,
  }),
);
