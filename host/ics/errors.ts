// Errors of the cluster's transport: what a person reads.
//
// Invariant: the message names what, where and what is allowed; the code is stable.

export type IcsCode =
  /** an argument or option out of its set */
  | "EINVAL"
  /** the queue to that node is full: try again after onDrain */
  | "EAGAIN"
  /** longer than MESSAGE_MAX */
  | "EMSGSIZE"
  /** no such node or key */
  | "ENOENT"
  /** it is there already */
  | "EEXIST"
  /** the key is in use; or the other side serves too many requests */
  | "EBUSY"
  /** more keys than fit */
  | "ENOSPC"
  /** others may read the file */
  | "EPERM"
  /** the file is not what it should be */
  | "EPROTO"
  /** no answer in time */
  | "ETIMEDOUT"
  /** the node that was asked has started anew, or was removed: nobody knows whether it did what was asked */
  | "EREMOTE"
  /** the other side serves no requests */
  | "ENOSYS"
  /** no address could be bound */
  | "EADDRNOTAVAIL"
  /** closed */
  | "ECANCELED";

export class IcsError extends Error {
  override readonly name = "IcsError";
  readonly code: IcsCode;
  constructor(code: IcsCode, message: string) {
    super(message);
    this.code = code;
  }
}
