// Pulumi's runtime keeps the running stack in this global. It is here before the first test, so that the leak check does not take it for one's own.
Object.assign(globalThis, { stackResource: undefined });
