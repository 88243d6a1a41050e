export { layoutInit } from "./ipmp/layout";
