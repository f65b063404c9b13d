"""Vectors, grids and images as what a decoder looks at."""

import numpy as np
import pytest
import torch

from sksequence.batches import SequenceBatch
from sksequence.layers import ImageEncoder
from sksequence.networks import (
    BottleneckSpec,
    DecoderSpec,
    EncoderDecoderSpec,
    GridEncoder,
    GridSpec,
    NetworkSpec,
    pack_network,
    unpack_network,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch_of(values, lengths=None):
    n, longest = values.shape[:2]
    lengths = [longest] * n if lengths is None else lengths
    uniform = min(lengths) == longest
    return SequenceBatch({"values": values}, torch.tensor(lengths), uniform)


GRIDS = torch.rand(3, 4, 5, generator=generator(1))


def test_locations_are_projected_one_by_one_and_their_mean_is_the_summary():
    encoder = GridSpec((5,), 7).build_encoder(generator())
    encoded = encoder(batch_of(GRIDS))
    expected = torch.tanh(GRIDS @ encoder.reader.weight.T + encoder.reader.bias)
    torch.testing.assert_close(encoded.values, expected)
    torch.testing.assert_close(encoded.summary, expected.mean(dim=1))
    assert encoded.mask is None
    assert encoder.n_values == encoder.n_summary == 7
    assert encoder.grid_shape is None


def test_what_stands_after_the_last_location_does_not_matter():
    encoder = GridSpec((5,), 7).build_encoder(generator())
    spoiled = GRIDS.clone()
    spoiled[1, 2:] = 1e6
    encoded = encoder(batch_of(spoiled, [4, 2, 1]))
    np.testing.assert_array_equal(encoded.mask.sum(dim=1), [4, 2, 1])
    for i, n in enumerate([4, 2, 1]):
        alone = encoder(batch_of(GRIDS[i : i + 1, :n])).summary[0]
        torch.testing.assert_close(encoded.summary[i], alone)


def test_the_order_of_locations_tells_nothing():
    encoder = GridSpec((5,), 7).build_encoder(generator())
    order = torch.tensor([2, 0, 3, 1])
    one, other = encoder(batch_of(GRIDS)), encoder(batch_of(GRIDS[:, order]))
    torch.testing.assert_close(other.values, one.values[:, order])
    torch.testing.assert_close(other.summary, one.summary)


def test_an_image_is_read_by_the_image_encoder():
    spec = GridSpec((16, 24, 3), 8)
    encoder = spec.build_encoder(generator())
    images = torch.rand(2, 1, 16, 24, 3, generator=generator(1))
    encoded = encoder(batch_of(images))
    expected = ImageEncoder((16, 24, 3), 8, generator())(images[:, 0])
    torch.testing.assert_close(encoded.values, expected)
    assert encoder.grid_shape == (4, 6)
    assert encoder.n_multiplications > 0


def test_of_several_images_those_that_exist_are_looked_at():
    encoder = GridSpec((4, 4, 1), 8).build_encoder(generator())
    images = torch.rand(2, 3, 4, 4, 1, generator=generator(1))
    encoded = encoder(batch_of(images, [3, 1]))
    assert encoded.mask.sum(dim=1).tolist() == [12, 4]  # 4 locations an image
    torch.testing.assert_close(encoded.summary[1], encoder(batch_of(images[1:, :1])).summary[0])


def test_dropout_is_for_training_only():
    encoder = GridSpec((5,), 400, dropout=0.5).build_encoder(generator())
    encoder.dropout.generator = generator()
    share = float((encoder.train()(batch_of(GRIDS)).values == 0).float().mean())
    assert 0.4 < share < 0.6
    assert not (encoder.eval()(batch_of(GRIDS)).values == 0).any()


@pytest.mark.parametrize("shape", [(5,), (8, 8, 3)])
@pytest.mark.parametrize("context_at", ["state", "first", "steps", "both"])
def test_the_whole_network_is_built_again_from_its_spec(shape, context_at):
    from sksequence.cells import make_cell

    target = DecoderSpec(
        "symbols", 6, make_cell("gru"), (4,), attention="dot", context_at=context_at
    )
    network = EncoderDecoderSpec(GridSpec(shape, 3), target).build(generator()).eval()
    assert isinstance(network.encoder, GridEncoder)
    source = batch_of(torch.rand(2, 1, *shape, generator=generator(1)))
    again = unpack_network(pack_network(network))
    for one, other in zip(
        network.start(source)[0][0][0], again.start(source)[0][0][0], strict=True
    ):
        torch.testing.assert_close(one, other)


def test_a_bottleneck_is_linear_in_the_last_states():
    from sksequence.cells import make_cell
    from sksequence.inputs import SequenceArray, SequenceSchema

    schema = SequenceSchema.of(SequenceArray.from_list([[[1.0, 2.0]]]))
    sizes = {"schema": schema, "n_outputs": 0, "cell": make_cell("gru"), "widths": (6,)}
    narrow = BottleneckSpec(**sizes, encoding_size=2).build_encoder(generator())
    wide = NetworkSpec(**sizes).build_encoder(generator())
    batch = batch_of(torch.rand(4, 3, 2, generator=generator(1)))
    states = wide(batch).summary
    expected = states @ narrow.project.weight.T + narrow.project.bias
    torch.testing.assert_close(narrow(batch).summary, expected)
    same = BottleneckSpec(**sizes).build_encoder(generator())
    torch.testing.assert_close(same(batch).summary, states)
    assert (narrow.n_summary, same.n_summary) == (2, 6)
