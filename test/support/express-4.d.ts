/** Express 4 under a name of its own; its types serve both. */
declare module 'express-4' {
  export { default } from 'express';
}
