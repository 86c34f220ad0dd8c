/* global document, localStorage, location, React, ReactDOM, GraphiQL */
// Runs in the browser as it is, after the scripts of React and GraphiQL, which say by these names what they are.

const root = document.getElementById("graphiql");
const example = root.dataset.example === undefined ? undefined : JSON.parse(root.dataset.example);

/** A text of JSON without anything that is under the name `headers`; another text as it is. */
function withoutHeaders(text) {
  try {
    return JSON.stringify(JSON.parse(text), (name, value) => (name === "headers" ? undefined : value));
  } catch {
    return text;
  }
}

// The history that GraphiQL stores has the headers of each request, and in them the key of whoever asked.
const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, withoutHeaders(value)),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  get length() {
    return localStorage.length;
  },
};

// Whoever was here before finds what he left. GraphiQL takes no variables from `defaultTabs`.
const first =
  example === undefined || storage.getItem("graphiql:tabState") !== null
    ? {}
    : { defaultQuery: example.query, variables: JSON.stringify(example.variables, null, 2) };

ReactDOM.createRoot(root).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: location.pathname }),
    storage,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
    defaultEditorToolsVisibility: "headers",
    ...first,
  }),
);
