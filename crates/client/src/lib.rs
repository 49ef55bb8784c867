//! Calls the platform's API with typed requests and answers.
