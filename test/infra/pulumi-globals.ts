// Pulumi's runtime keeps the running stack, and what it knows outside of any, in these globals. They are here before the first test, so that
// the leak check does not take them for one's own.
Object.assign(globalThis, { stackResource: undefined, globalStore: undefined });
