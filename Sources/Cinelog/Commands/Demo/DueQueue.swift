/// A priority queue by time: what is due first comes out first, and in the order it was put in where times are equal.
struct DueQueue<Element> {
    private struct Entry {
        let due: Int64
        let order: UInt64
        let element: Element

        func comes(before other: Entry) -> Bool { (due, order) < (other.due, other.order) }
    }

    /// A binary heap: each entry comes before its children at 2i+1 and 2i+2.
    private var heap: [Entry] = []
    private var nextOrder: UInt64 = 0

    var count: Int { heap.count }
    var firstDue: Int64? { heap.first?.due }

    /// In no order worth speaking of.
    subscript(place: Int) -> Element { heap[place].element }

    mutating func insert(_ element: Element, due: Int64) {
        heap.append(Entry(due: due, order: nextOrder, element: element))
        nextOrder += 1
        var place = heap.count - 1
        while place > 0, case let parent = (place - 1) / 2, heap[place].comes(before: heap[parent]) {
            heap.swapAt(place, parent)
            place = parent
        }
    }

    mutating func removeFirst() -> (due: Int64, element: Element)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.due, first.element)
    }

    private mutating func sink() {
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && heap[child].comes(before: heap[least]) { least = child }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
