/** A condition that whoever reads the message can act on. It is shown without a stack. */
export abstract class UserError extends Error {
  abstract override readonly name: string;
}
