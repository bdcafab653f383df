//! The running half of `di`: scopes, building and memoization, managed runtimes.
