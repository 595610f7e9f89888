//! Gradients: what each operation registers for the backward pass.

use burn::backend::Autodiff;
use burn::backend::AutodiffBackend;
use burn::backend::TensorMetadata as _;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::Operations;
use super::shared::Branches;
use crate::activation::Activation;
use crate::conv::Geometry;
use crate::pool::{Pooled, Windows};

#[derive(Debug)]
struct Conv;

impl<B: Operations> Backward<B, 2> for Conv {
    type State = (NodeId, NodeId, Geometry);

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let ([x_node, weight_node], (x, weight, geometry)) = (ops.parents, ops.state);
        let gradient = gradients.consume::<B>(&ops.node);
        let x = checkpointer.retrieve_node_output(x);
        let weight = checkpointer.retrieve_node_output(weight);
        let nodes = [x_node, weight_node].map(|node| Some(node?.id));
        register_conv::<B>(nodes, [x, weight, gradient], geometry, gradients);
    }
}

/// Registers the gradients of input and weights, from both of them and the gradient of the output.
fn register_conv<B: Operations>(
    [x_node, weight_node]: [Option<NodeId>; 2],
    [x, weight, gradient]: [FloatTensor<B>; 3],
    geometry: Geometry,
    gradients: &mut Gradients,
) {
    if let Some(node) = x_node {
        gradients.register::<B>(node, B::peng_conv2d_input(gradient.clone(), weight, geometry));
    }
    if let Some(node) = weight_node {
        gradients.register::<B>(node, B::peng_conv2d_weight(x, gradient, geometry));
    }
}

#[derive(Debug)]
struct ConvWithBias;

impl<B: Operations> Backward<B, 3> for ConvWithBias {
    type State = (NodeId, NodeId, NodeId, Geometry);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let ([x_node, weight_node, bias_node], (x, weight, bias, geometry)) = (ops.parents, ops.state);
        let gradient = gradients.consume::<B>(&ops.node);
        let x: FloatTensor<B> = checkpointer.retrieve_node_output(x);
        let weight = checkpointer.retrieve_node_output(weight);
        let bias = checkpointer.retrieve_node_output(bias);
        if let Some(node) = bias_node {
            gradients.register::<B>(node.id, B::conv2d_bias_backward(x.clone(), bias, gradient.clone()));
        }
        let nodes = [x_node, weight_node].map(|node| Some(node?.id));
        register_conv::<B>(nodes, [x, weight, gradient], geometry, gradients);
    }
}

#[derive(Debug)]
struct ConvOnto;

impl<B: Operations> Backward<B, 3> for ConvOnto {
    type State = (NodeId, NodeId, Geometry);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let ([y_node, x_node, weight_node], (x, weight, geometry)) = (ops.parents, ops.state);
        let gradient = gradients.consume::<B>(&ops.node);
        let x = checkpointer.retrieve_node_output(x);
        let weight = checkpointer.retrieve_node_output(weight);
        if let Some(node) = y_node {
            gradients.register::<B>(node.id, gradient.clone());
        }
        let nodes = [x_node, weight_node].map(|node| Some(node?.id));
        register_conv::<B>(nodes, [x, weight, gradient], geometry, gradients);
    }
}

#[derive(Debug)]
struct Norm;

/// Mean, variance, epsilon and activation.
type NormState<B> = (FloatTensor<B>, FloatTensor<B>, f32, Activation);

impl<B: Operations> Backward<B, 3> for Norm {
    type State = ([NodeId; 3], NormState<B>);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let (inputs, (mean, variance, epsilon, activation)) = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let [x, gamma, beta] = inputs.map(|node| checkpointer.retrieve_node_output(node));
        let (x, gamma, beta) =
            B::peng_batch_norm_gradients(gradient, x, gamma, beta, mean, variance, epsilon, activation);
        for (node, gradient) in ops.parents.into_iter().zip([x, gamma, beta]) {
            if let Some(node) = node {
                gradients.register::<B>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct Add;

impl<B: Operations> Backward<B, 2> for Add {
    type State = ();

    fn backward(self, ops: Ops<(), 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        for node in ops.parents.into_iter().flatten() {
            gradients.register::<B>(node.id, gradient.clone());
        }
    }
}

#[derive(Debug)]
struct Join;

impl<B: Operations> Backward<B, 2> for Join {
    /// Channels of the first image and of both.
    type State = (usize, usize);

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (first, all) = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        for (node, (start, end)) in ops.parents.into_iter().zip([(0, first), (first, all)]) {
            if let Some(node) = node {
                gradients.register::<B>(node.id, B::peng_channels(gradient.clone(), start, end));
            }
        }
    }
}

#[derive(Debug)]
struct Branch;

impl<B: Operations> Backward<B, 1> for Branch {
    type State = Branches;

    fn backward(self, ops: Ops<Branches, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let ([parent], branches) = (ops.parents, ops.state);
        let mut gradient = gradients.consume::<B>(&ops.node);
        let Some(parent) = parent else { return };
        // Unlike what operations make, a leaf keeps its gradient when it is consumed: there burn's own sum is left.
        if branches.has_gradient() && parent.requirement == ops.node.requirement {
            gradient = B::peng_add_to(gradients.consume::<B>(&parent), gradient);
        }
        gradients.register::<B>(parent.id, gradient);
    }
}

#[derive(Debug)]
struct Relu;

impl<B: Operations> Backward<B, 1> for Relu {
    /// What was made.
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        for node in ops.parents.into_iter().flatten() {
            gradients.register::<B>(node.id, B::peng_relu_input(ops.state.clone(), gradient.clone()));
        }
    }
}

#[derive(Debug)]
struct MaxPool;

impl<B: Operations> Backward<B, 1> for MaxPool {
    type State = (NodeId, Windows);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let ([node], (x, windows)) = (ops.parents, ops.state);
        let gradient = gradients.consume::<B>(&ops.node);
        let x = checkpointer.retrieve_node_output(x);
        if let Some(node) = node {
            gradients.register::<B>(node.id, B::peng_max_pool2d_input(x, gradient, windows));
        }
    }
}

#[derive(Debug)]
struct MeanPool;

impl<B: Operations> Backward<B, 1> for MeanPool {
    type State = Windows;

    fn backward(self, ops: Ops<Windows, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let ([node], windows) = (ops.parents, ops.state);
        let gradient = gradients.consume::<B>(&ops.node);
        if let Some(node) = node {
            gradients.register::<B>(node.id, B::peng_mean_pool2d_input(gradient, windows));
        }
    }
}

impl<B: Operations, C: CheckpointStrategy> Operations for Autodiff<B, C> {
    fn peng_conv2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
        match Conv.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut step) => {
                let state = (step.checkpoint(&x), step.checkpoint(&weight), geometry);
                step.finish(state, B::peng_conv2d(x.into_primitive(), weight.into_primitive(), geometry))
            }
            OpsKind::UnTracked(step) => {
                step.finish(B::peng_conv2d(x.into_primitive(), weight.into_primitive(), geometry))
            }
        }
    }

    fn peng_conv2d_with_bias(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [of_x, of_weight, of_bias] = [&x, &weight, &bias].map(|of| of.primitive().clone());
        let y = B::peng_conv2d_with_bias(of_x, of_weight, of_bias, geometry);
        match ConvWithBias.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut step) => {
                let [x, weight, bias] = [&x, &weight, &bias].map(|of| step.checkpoint(of));
                step.finish((x, weight, bias, geometry), y)
            }
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn peng_conv2d_onto(
        y: FloatTensor<Self>,
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        let step = ConvOnto.prepare::<C>([y.node(), x.node(), weight.node()]).compute_bound().stateful();
        let made = |y: FloatTensor<Self>, x: FloatTensor<Self>, weight: FloatTensor<Self>| {
            let (y, x, weight) = (y.into_primitive(), x.into_primitive(), weight.into_primitive());
            B::peng_conv2d_onto(y, x, weight, geometry)
        };
        match step {
            OpsKind::Tracked(mut step) => {
                let state = (step.checkpoint(&x), step.checkpoint(&weight), geometry);
                step.finish(state, made(y, x, weight))
            }
            OpsKind::UnTracked(step) => step.finish(made(y, x, weight)),
        }
    }

    fn peng_batch_norm_train(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        activation: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [of_x, of_gamma, of_beta] = [&x, &gamma, &beta].map(|of| of.primitive().clone());
        let (y, mean, variance) = B::peng_batch_norm_train(of_x, of_gamma, of_beta, epsilon, activation);
        let nodes = [x.node(), gamma.node(), beta.node()];
        let y = match Norm.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut step) => {
                let inputs = [&x, &gamma, &beta].map(|of| step.checkpoint(of));
                step.finish((inputs, (mean.clone(), variance.clone(), epsilon, activation)), y)
            }
            OpsKind::UnTracked(step) => step.finish(y),
        };
        (y, Self::from_inner(mean), Self::from_inner(variance))
    }

    fn peng_add(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [a.node(), b.node()];
        let sum = B::peng_add(a.into_primitive(), b.into_primitive());
        Add.prepare::<C>(nodes).compute_bound().stateless(sum)
    }

    fn peng_join(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [a.node(), b.node()];
        let (a, b) = (a.into_primitive(), b.into_primitive());
        let [first, second] = [&a, &b].map(|of| of.shape()[1]);
        let joined = B::peng_join(a, b);
        match Join.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish((first, first + second), joined),
            OpsKind::UnTracked(step) => step.finish(joined),
        }
    }

    fn peng_channels(_: FloatTensor<Self>, _: usize, _: usize) -> FloatTensor<Self> {
        unreachable!("{ONCE}")
    }

    fn peng_add_to(_: FloatTensor<Self>, _: FloatTensor<Self>) -> FloatTensor<Self> {
        unreachable!("{ONCE}")
    }

    fn peng_branch(x: FloatTensor<Self>, branches: Branches) -> FloatTensor<Self> {
        match Branch.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(branches, x.into_primitive()),
            OpsKind::UnTracked(step) => step.finish(x.into_primitive()),
        }
    }

    fn peng_relu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let node = x.node();
        let y = B::peng_relu(x.into_primitive());
        match Relu.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(y.clone(), y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn peng_relu_input(_: FloatTensor<Self>, _: FloatTensor<Self>) -> FloatTensor<Self> {
        unreachable!("{ONCE}")
    }

    fn peng_pool2d(x: FloatTensor<Self>, windows: Windows) -> FloatTensor<Self> {
        match windows.pooled() {
            Pooled::Greatest => match MaxPool.prepare::<C>([x.node()]).compute_bound().stateful() {
                OpsKind::Tracked(mut step) => {
                    let state = (step.checkpoint(&x), windows);
                    step.finish(state, B::peng_pool2d(x.into_primitive(), windows))
                }
                OpsKind::UnTracked(step) => step.finish(B::peng_pool2d(x.into_primitive(), windows)),
            },
            Pooled::Mean => {
                let node = x.node();
                let y = B::peng_pool2d(x.into_primitive(), windows);
                match MeanPool.prepare::<C>([node]).compute_bound().stateful() {
                    OpsKind::Tracked(step) => step.finish(windows, y),
                    OpsKind::UnTracked(step) => step.finish(y),
                }
            }
        }
    }

    fn peng_conv2d_batch_norm(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: f32,
        _: Geometry,
        _: Activation,
    ) -> FloatTensor<Self> {
        unreachable!("{INFERENCE}")
    }

    fn peng_batch_norm(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: f32,
        _: Activation,
    ) -> FloatTensor<Self> {
        unreachable!("{INFERENCE}")
    }

    fn peng_conv2d_input(_: FloatTensor<Self>, _: FloatTensor<Self>, _: Geometry) -> FloatTensor<Self> {
        unreachable!("{ONCE}")
    }

    fn peng_conv2d_weight(_: FloatTensor<Self>, _: FloatTensor<Self>, _: Geometry) -> FloatTensor<Self> {
        unreachable!("{ONCE}")
    }

    fn peng_batch_norm_gradients(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: f32,
        _: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("{ONCE}")
    }

    fn peng_max_pool2d_input(_: FloatTensor<Self>, _: FloatTensor<Self>, _: Windows) -> FloatTensor<Self> {
        unreachable!("{ONCE}")
    }

    fn peng_mean_pool2d_input(_: FloatTensor<Self>, _: Windows) -> FloatTensor<Self> {
        unreachable!("{ONCE}")
    }
}

const INFERENCE: &str = "inference is asked for on devices without gradients only";
const ONCE: &str = "gradients are taken once, of tensors without gradients";
