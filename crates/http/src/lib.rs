//! Serves the API over HTTP: routing, problem details, cursors, streams, limits, headers.
