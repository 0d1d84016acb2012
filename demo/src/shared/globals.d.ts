/** Whether graphs for ONNX Runtime were there when the page was built. */
declare const __GRAPHS__: boolean;
